"""memnet: DARTS architectures as proven memristor-crossbar circuits; this file only names the stages."""
