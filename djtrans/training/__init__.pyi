from .loss import AudioLoss as AudioLoss
from .mix_loss import MixLoss as MixLoss
from .options import TrainOptions as TrainOptions
from .run import model_record as model_record
from .run import train_model as train_model
from .trainer import TrainResult as TrainResult
from .trainer import train as train
from .wandb_log import logging_to_wandb as logging_to_wandb
