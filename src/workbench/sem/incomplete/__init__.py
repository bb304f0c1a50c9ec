"""Missing answers by full information: every row counts with what it answered.

``patterns`` (rows that answered the same; likelihood, EM), ``saturated`` (the unrestricted model),
``problem`` (what is minimised), ``inference`` (information, robust tests).
"""
