"""Gives traces away as OpenTelemetry has them, once they are settled, to a collector or a file.

What imports the packages of OpenTelemetry, some 18 MB of memory, is loaded only where that is asked
for: `spans`, `sending`. The others are loaded always.
"""
