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
# What the experience brings: likeability in its place, social responsibility in that of trust, quality held.
brings <- "
quality =~ qual_1 + qual_2 + qual_3 + qual_4 + qual_5 + qual_6 + qual_7 + qual_8
experience =~ like_1 + like_2 + like_3
trust =~ csor_1 + csor_2 + csor_3 + csor_4 + csor_5
satisfaction =~ 1*cusa
cusa ~~ 0*cusa
loyalty =~ 1*cusl_2 + 1*cusl_3
recommendation =~ 1*cusl_1
cusl_1 ~~ 0*cusl_1
satisfaction ~ xs*experience + quality
trust ~ xt*experience + quality
loyalty ~ xl*experience + quality + ls*satisfaction + lt*trust
recommendation ~ xr*experience + quality
satisfaction ~~ trust
recommendation ~~ satisfaction + trust + loyalty
by_satisfaction := xs*ls
by_trust := xt*lt
on_loyalty := xl + by_satisfaction + by_trust"
second <- standardizedSolution(sem(brings, answers, estimator = "MLR", missing = "fiml"))
second <- second[second$op == ":=" | (second$op == "~" & second$rhs == "experience" & second$lhs != "loyalty"), ]
cat(jsonlite::toJSON(list(
  lavaan = as.character(packageVersion("lavaan")),
  differences = setNames(as.list(estimate), table$lhs[of]),
  errors = setNames(as.list(table$se[of]), table$lhs[of]),
  wald = wald,
  experience = setNames(as.list(second$est.std), second$lhs),
  experience_errors = setNames(as.list(second$se), second$lhs)
), auto_unbox = TRUE, digits = 10, pretty = TRUE), "\n")
