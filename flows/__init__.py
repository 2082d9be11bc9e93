"""When things happen and in what order: one module a deployment, no arithmetic, no decisions on data."""
