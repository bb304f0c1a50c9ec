# Effects on two outcomes and their differences, by lavaan, for tests/studies/test_drivers_of_loyalty.py:
#   Rscript drivers.R corp_rep_data.csv > drivers.json
suppressMessages(library(lavaan))
answers <- read.csv(commandArgs(trailingOnly = TRUE)[1])
answers[answers == -99] <- NA
model <- "
competence =~ comp_1 + comp_2 + comp_3
likeability =~ like_1 + like_2 + like_3
satisfaction =~ 1*cusa
cusa ~~ 0*cusa
loyalty =~ cusl_1 + cusl_2 + cusl_3
satisfaction ~ s1*competence + s2*likeability
loyalty ~ l1*competence + l2*likeability
satisfaction ~~ loyalty
less_competence := s1 - l1
less_likeability := s2 - l2"
fit <- sem(model, answers, estimator = "MLR", missing = "fiml")
table <- standardizedSolution(fit)
of <- table$op == ":="
covariance <- lavInspect(fit, "vcov.def.std.all")
estimate <- table$est.std[of]
wald <- drop(estimate %*% solve(covariance) %*% estimate)
cat(jsonlite::toJSON(list(
  lavaan = as.character(packageVersion("lavaan")),
  differences = setNames(as.list(estimate), table$lhs[of]),
  errors = setNames(as.list(table$se[of]), table$lhs[of]),
  wald = wald
), auto_unbox = TRUE, digits = 10, pretty = TRUE), "\n")
