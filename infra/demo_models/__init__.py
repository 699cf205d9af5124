"""Training and judging of the demo's checkpoints: see `pipeline/demo/checkpoints/README.md`."""
