"""What models are fitted to.

``frame`` (the user's table, checked), ``answers`` (the rows taken from it, with values of their own),
``sample`` (their moments), ``moments`` (given instead of rows), ``streaming`` (moments of a file larger than
memory), ``products`` of variables.
"""
