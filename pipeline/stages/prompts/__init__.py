"""The parts of a text-to-image prompt's making: what is asked, cleaned and checked. Pure functions
that know no model."""
