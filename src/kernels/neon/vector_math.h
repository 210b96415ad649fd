// exp, tanh and erf on four floats. Relative error below 1e-7 and 3e-7, that of erf below 8e-7; infinities and NaN as
// in the C library, but for erf of NaN.
#pragma once

#include "kernels/neon/simd.h"

namespace tenfold::kernels::neon {
namespace {

inline float32x4_t exp4(float32x4_t x) {
  // Outside, the result is 0 or infinity all the same. (max and min hand NaN on.)
  x = vminq_f32(vmaxq_f32(x, vdupq_n_f32(-104.0F)), vdupq_n_f32(89.0F));
  // x = n·ln 2 + r, |r| ≤ ln 2 / 2; ln 2 in two parts, so that n·(the first) is exact.
  const float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 1.44269504F));
  float32x4_t r = vfmsq_f32(x, n, vdupq_n_f32(0.693145752F));
  r = vfmsq_f32(r, n, vdupq_n_f32(1.42860677e-6F));
  // (exp(r) − 1 − r) / r², a weighted least-squares fit on that interval.
  float32x4_t p = vfmaq_f32(vdupq_n_f32(0.00836889F), r, vdupq_n_f32(0.0013950492F));
  p = vfmaq_f32(vdupq_n_f32(0.041666206F), p, r);
  p = vfmaq_f32(vdupq_n_f32(0.16666518F), p, r);
  p = vfmaq_f32(vdupq_n_f32(0.5F), p, r);
  p = vaddq_f32(vdupq_n_f32(1.0F), vfmaq_f32(r, p, vmulq_f32(r, r)));
  // Times 2^n in two steps: the first never leaves the range, the second rounds to a subnormal or overflows rightly.
  const int32x4_t exponent = vcvtq_s32_f32(n), first = vshrq_n_s32(exponent, 1);
  const int32x4_t bias = vdupq_n_s32(127);
  const float32x4_t a = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(first, bias), 23));
  const float32x4_t b = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vsubq_s32(exponent, first), bias), 23));
  return vmulq_f32(vmulq_f32(p, a), b);
}

inline float exp1(float x) { return vgetq_lane_f32(exp4(vdupq_n_f32(x)), 0); }

inline float32x4_t tanh4(float32x4_t x) {
  const float32x4_t magnitude = vabsq_f32(x), one = vdupq_n_f32(1.0F);
  const float32x4_t e = exp4(vaddq_f32(magnitude, magnitude));
  const float32x4_t large = vsubq_f32(one, vdivq_f32(vdupq_n_f32(2.0F), vaddq_f32(e, one)));
  // Near zero that would cancel: (tanh(x) − x) / x³ as a polynomial of x², a fit for |x| ≤ 0.625.
  const float32x4_t z = vmulq_f32(x, x);
  float32x4_t p = vfmaq_f32(vdupq_n_f32(0.020650586F), z, vdupq_n_f32(-0.0057170447F));
  p = vfmaq_f32(vdupq_n_f32(-0.053743497F), p, z);
  p = vfmaq_f32(vdupq_n_f32(0.13331491F), p, z);
  p = vfmaq_f32(vdupq_n_f32(-0.33333284F), p, z);
  const float32x4_t small = vfmaq_f32(magnitude, vmulq_f32(magnitude, z), p);
  const float32x4_t value = vbslq_f32(vcltq_f32(magnitude, vdupq_n_f32(0.625F)), small, large);
  return vbslq_f32(vdupq_n_u32(0x80000000u), x, value);  // the sign of x
}

inline float32x4_t erf4(float32x4_t x) {
  // x times a quotient of polynomials in x², a fit to erf x / x up to 3.95; from there on erf is 1.
  const float32x4_t end = vdupq_n_f32(3.95F);
  const float32x4_t in = vminq_f32(vmaxq_f32(x, vnegq_f32(end)), end);
  const float32x4_t s = vmulq_f32(in, in);
  float32x4_t p = vfmaq_f32(vdupq_n_f32(0.000287598115F), s, vdupq_n_f32(2.01173157e-06F));
  p = vfmaq_f32(vdupq_n_f32(0.00391727267F), p, s);
  p = vfmaq_f32(vdupq_n_f32(0.0532069318F), p, s);
  p = vfmaq_f32(vdupq_n_f32(0.19403483F), p, s);
  p = vfmaq_f32(vdupq_n_f32(1.12837899F), p, s);
  float32x4_t q = vfmaq_f32(vdupq_n_f32(0.00119818677F), s, vdupq_n_f32(3.78394616e-05F));
  q = vfmaq_f32(vdupq_n_f32(0.0152706197F), q, s);
  q = vfmaq_f32(vdupq_n_f32(0.115590386F), q, s);
  q = vfmaq_f32(vdupq_n_f32(0.505290389F), q, s);
  q = vfmaq_f32(vdupq_n_f32(1.0F), q, s);
  const float32x4_t one = vbslq_f32(vdupq_n_u32(0x80000000u), x, vdupq_n_f32(1.0F));
  return vbslq_f32(vcltq_f32(vabsq_f32(x), end), vdivq_f32(vmulq_f32(in, p), q), one);
}

inline float32x4_t softcap4(float32x4_t x, float cap) {
  return vmulq_n_f32(tanh4(vdivq_f32(x, vdupq_n_f32(cap))), cap);
}

}  // namespace
}  // namespace tenfold::kernels::neon
