"""What a batch or a run is: what its declaration, AWS and the stage's records say of it, on one page."""
