// exp, tanh and erf of vectors.
#pragma once

#include <stdint.h>

#include "kernels/simd/vectors.h"

namespace tenfold::kernels {
namespace {

// e^r by a polynomial, x = n·ln 2 + r, |r| ≤ ln(2)/2.
[[gnu::always_inline]] inline F32 exp_of_rest(F32 x, F32& n) {
  // The coefficients are a least-maximum fit to (e^r − 1 − r)/r², relative error 3e-9.
  n = round(mul(x, splat(1.44269504F)));
  F32 r = fnma(n, splat(0.693359375F), x);  // ln 2 in two parts, the first exact for any n
  r = fnma(n, splat(-2.12194440e-4F), r);
  F32 p = splat(0.00138145985F);
  p = fma(p, r, splat(0.00836871689F));
  p = fma(p, r, splat(0.041668388F));
  p = fma(p, r, splat(0.166665206F));
  p = fma(p, r, splat(0.499999934F));
  p = fma(mul(p, r), r, r);
  return add(p, splat(1.0F));
}

// e^x with a relative error below 2e-7. 0 from about −104 down, infinity from 88.73 up, NaN for NaN.
[[gnu::always_inline]] inline F32 exp(F32 x) {
  x = min(splat(89.0F), max(splat(-104.5F), x));  // in this order a NaN comes through
  F32 n;
  const F32 rest = exp_of_rest(x, n);
  return times_power_of_2(rest, n);
}

// The same for x ≤ 0 where a weight below e^−87 is as good as that.
[[gnu::always_inline]] inline F32 exp_of_negative(F32 x) {
  F32 n;
  const F32 rest = exp_of_rest(max(splat(-87.0F), x), n);
  return times_normal_power_of_2(rest, n);
}

// tanh x with a relative error below 5e-7: an odd polynomial near 0, else 1 − 2 / (e^2|x| + 1).
[[gnu::always_inline]] inline F32 tanh(F32 x) {
  // The coefficients are a least-maximum fit to (tanh x / x − 1)/x² up to 0.625, relative error 5e-9.
  const F32 magnitude = abs(x);
  const F32 square = mul(x, x);
  F32 p = splat(-0.00570498726F);
  p = fma(p, square, splat(0.0206390875F));
  p = fma(p, square, splat(-0.0537397152F));
  p = fma(p, square, splat(0.133314422F));
  p = fma(p, square, splat(-0.333332819F));
  const F32 near = fma(mul(p, square), x, x);
  const F32 e = exp(add(magnitude, magnitude));
  const F32 far = sub(splat(1.0F), div(splat(2.0F), add(e, splat(1.0F))));
  return select_less(magnitude, splat(0.625F), near, with_sign_of(far, x));
}

// erf x with an error below 8e-7: x times a quotient of polynomials in x²; from 3.95 on it is 1.
[[gnu::always_inline]] inline F32 erf(F32 x) {
  // The coefficients are a least-maximum fit to erf x / x up to 3.95, error 2e-8.
  constexpr float kEnd = 3.95F;
  const F32 in = min(splat(kEnd), max(splat(-kEnd), x));
  const F32 s = mul(in, in);
  F32 p = splat(2.01173157e-06F);
  p = fma(p, s, splat(0.000287598115F));
  p = fma(p, s, splat(0.00391727267F));
  p = fma(p, s, splat(0.0532069318F));
  p = fma(p, s, splat(0.19403483F));
  p = fma(p, s, splat(1.12837899F));
  F32 q = splat(3.78394616e-05F);
  q = fma(q, s, splat(0.00119818677F));
  q = fma(q, s, splat(0.0152706197F));
  q = fma(q, s, splat(0.115590386F));
  q = fma(q, s, splat(0.505290389F));
  q = fma(q, s, splat(1.0F));
  return select_less(abs(x), splat(kEnd), div(mul(in, p), q), with_sign_of(splat(1.0F), x));
}

}  // namespace
}  // namespace tenfold::kernels
