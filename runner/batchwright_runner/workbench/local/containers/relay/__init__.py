"""The program beside a task's containers, which holds their network and passes on what they send to its 127.0.0.1."""
