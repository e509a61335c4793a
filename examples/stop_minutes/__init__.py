"""Minutes that the stops of a parcel service take: an example of amounts."""
