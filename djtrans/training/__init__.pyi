from .loss import AudioLoss as AudioLoss
from .options import TrainOptions as TrainOptions
from .records import model_record as model_record
from .run import train_model as train_model
from .tensorboard_log import logging_to_tensorboard as logging_to_tensorboard
from .trainer import TrainResult as TrainResult
from .trainer import train as train
from .wandb_log import logging_to_wandb as logging_to_wandb
