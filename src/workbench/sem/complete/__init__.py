"""Complete continuous answers: ``problem``, how its moments vary (``moment_variation``), ``scores``."""
