from .automation_events import AutomationEvent as AutomationEvent
from .automation_events import find_automation_events as find_automation_events
from .ownership import AudibleLevels as AudibleLevels
from .ownership import audible_levels as audible_levels
from .summary_measurement import measure_overview as measure_overview
from .text_summary import describe_transition as describe_transition
