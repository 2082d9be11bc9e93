"""The district folder: YAML files, strictly read, with secrets by reference."""
