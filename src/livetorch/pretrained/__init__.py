"""Networks of this package with weights that others trained and that packages of theirs carry.

Each function reads the file by `livetorch.packaged`, which checks it, and loads it key by key.
"""

from livetorch.pretrained.pictures import efficientnet_lite0, emoji_efficientnet
from livetorch.pretrained.sentences import minilm, minilm_tweets
from livetorch.pretrained.voices import silero_vad

__all__ = ["efficientnet_lite0", "emoji_efficientnet", "minilm", "minilm_tweets", "silero_vad"]
