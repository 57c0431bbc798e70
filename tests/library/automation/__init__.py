"""Machines and schedules that AWS keeps."""
