"""Feed a trainer from a webdataset export: random access, an order that can be repeated, and a
place in it that can be saved.

    loader = ClipLoader("out", rate=24_000, image_size=224, batch_size=32, workers=4)
    for epoch in range(loader.epoch, 10):
        for batch in loader:
            loss = train(batch.audio, batch.image, batch.prompt)
            torch.save({"model": model.state_dict(), "data": loader.state_dict()}, "last.pt")

Object stores and pipes need no random access: plain webdataset reads the same tars.
"""

from pipeline.export.loader.batch import Batch
from pipeline.export.loader.clips import Clips, LoadedClip
from pipeline.export.loader.loader import ClipLoader

__all__ = ["Batch", "ClipLoader", "Clips", "LoadedClip"]
