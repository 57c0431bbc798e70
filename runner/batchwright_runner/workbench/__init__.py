"""What a checkout needs: local runs, images, one page of a batch, diff, permissions, exports, scaffold, moving."""
