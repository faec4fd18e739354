# asyncio's echo (echo.py) on uvloop.
import os
import runpy

import uvloop

uvloop.install()
runpy.run_path(os.path.join(os.path.dirname(__file__), "echo.py"))
