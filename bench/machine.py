"""The machine that a measurement ran on, as baselines keep it."""
import os
import pathlib
import platform


def processor():
    """→ "AMD EPYC (family 25, model 17)": virtual machines often tell the maker's name alone, the numbers say which it is"""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []

    def value(key):
        return next((line.split(":", 1)[1].strip() for line in lines if line.split(":")[0].strip() == key), "")

    name = value("model name") or platform.machine()
    return f"{name} (family {value('cpu family')}, model {value('model')})" if value("cpu family") else name


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"processor": processor(), "cores": os.cpu_count(), "memory_bytes": memory,
            "system": f"{platform.system()} {platform.release().split('-')[0]}"}
