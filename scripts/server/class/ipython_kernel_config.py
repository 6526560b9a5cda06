"""Read by each kernel when it starts; written by scripts/server/class.sh.

When a participant's server has used up its memory, the kernel of Linux ends the program of it with the
highest score: a notebook's kernel, and never the server that it belongs to.
"""

try:
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("800")
except OSError:
    pass
