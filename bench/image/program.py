"""What a batch does before its own work: it imports a few modules, and says that it has started."""

import argparse
import json
import logging
import sqlite3
import urllib.request

print("started", *(module.__name__ for module in (argparse, json, logging, sqlite3, urllib.request)))
