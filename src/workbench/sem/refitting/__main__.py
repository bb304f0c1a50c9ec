"""Compile the kernel of the refits once, so that the first bootstrap does not wait for it.

    python -m workbench.sem.refitting

``make`` does it as it sets up; elsewhere the first bootstrap compiles, and keeps what it compiled.
"""

import numpy as np
import pandas as pd

from workbench import sem

values = np.random.default_rng(1).normal(size=(60, 4)) @ (np.eye(4) + np.eye(4)[:1].T)
sem.fit("f =~ a + b + c\nd ~ f", pd.DataFrame(values, columns=list("abcd"))).bootstrap(draws=20)
