"""Results as one self-contained page with pictures; computes no figures."""
