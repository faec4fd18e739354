// axis
