"""The features, one folder each: controller, repository, schemas; and what they share."""
