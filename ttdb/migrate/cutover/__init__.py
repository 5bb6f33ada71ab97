"""Cut-over of services to row-level security: observed first, then enforced, and back."""

from ttdb.migrate.cutover.change import back, enforce, observe
from ttdb.migrate.cutover.look import report, status
from ttdb.migrate.cutover.settings import older_settings

__all__ = ["back", "enforce", "observe", "older_settings", "report", "status"]
