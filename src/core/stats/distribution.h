#ifndef PL_DISTRIBUTION_H
#define PL_DISTRIBUTION_H

/* Standard normal and Student's t. A NaN argument, or a p outside (0, 1), gives NaN; 0 and 1 give the infinities. */
double pl__normal_cdf(double x);
double pl__normal_quantile(double p); /* Wichura 1988, algorithm AS 241; about 1e-16 relative */
/* df > 0; an infinite df is the normal distribution. */
double pl__student_cdf(double t, double df);
/* P(T > |t|) + P(T < -|t|), without loss in the far tail. */
double pl__student_two_sided(double t, double df);
double pl__student_quantile(double p, double df);

#endif
