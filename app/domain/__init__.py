"""The features, one folder each: controller, repository and schemas. The files here are shared."""
