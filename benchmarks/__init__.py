"""Measurements that people run by hand; nothing here is a test."""
