"""Roles and policies: who may do what."""
