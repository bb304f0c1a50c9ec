"""Many refits of one model: stacks of moments in a compiled kernel, or one by one.

- the kernel: ``small_dense`` (linear algebra), ``compiled_moments``, ``newton``, ``expected_covariances``;
- draws: ``draws`` (what is drawn), ``batch`` (stacks, chunks, workers), ``loop`` (fits that no stack holds);
- what is kept: ``refits`` (numbers of every refit), ``intervals``.
"""
