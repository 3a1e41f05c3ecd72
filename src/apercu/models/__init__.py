"""One file for each way to make a picture larger; all of them are `apercu.registry.Enlarger`.

ONNX Runtime reports to its makers unless it is told not to before it is loaded: since 1.31 also on Linux and macOS,
where it keeps an identifier of the machine in the cache folder. Apercu makes no connection that nobody asked for. Who
sets one of these variables to 0 gets what the runtime does by itself.
"""

import os

for _off in ("ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED"):
    os.environ.setdefault(_off, "1")
