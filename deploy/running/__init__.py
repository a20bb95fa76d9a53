"""What a running process tells, and who ends it when it hangs: logs, metrics, health, the guard."""
