"""Every performance claim, as ratios measured in one run; see docs/performance.md."""
