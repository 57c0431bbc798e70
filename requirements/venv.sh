# Makes an environment with the Python that is named, or with the first one that is new enough and has its venv module.
# Usage: sh requirements/venv.sh FOLDER [PYTHON]
folder=$1
shift
old=
bare=
for python in ${*:-python3 python3.15 python3.14 python3.13 python3.12 python3.11}; do
    found=$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    $python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { old="${old:+$old, }$python ($found)"; continue; }
    $python -c 'import ensurepip, venv' 2>/dev/null || { bare="${bare:+$bare, }$python ($found)"; continue; }
    echo "make: creating $folder with $python ($found)" >&2
    exec $python -m venv "$folder"
done
if [ -n "$bare" ]; then
    echo "make: no usable Python: the venv module is missing from $bare. Install it (Debian: apt-get install python3-venv)." >&2
else
    echo "make: no usable Python: 3.11 or newer is needed, found ${old:-none}. Install one, or name it: make PYTHON=/path/to/python3 …" >&2
fi
exit 1
