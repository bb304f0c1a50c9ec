"""Ordered answers: latent responses cut at thresholds, fitted to polychoric correlations.

- what is fitted to: ``data`` (answers in, polychorics out), ``bivariate_normal``, ``two_step`` (thresholds,
  then correlations), ``regression`` (given observed causes), ``polychoric_acov`` (asymptotic covariance);
- the fit: ``model`` (implied thresholds and correlations), ``problem`` (weights, tests);
- what follows from it: ``moments``, ``robust`` (measures), ``scores``.
"""
