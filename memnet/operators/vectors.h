// SPDX-License-Identifier: GPL-3.0-or-later
// Vectors of the widest registers that the compiler may use, and the finishing pass on them.

#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__AVX512F__)
constexpr int LANES = 16;
#elif defined(__AVX__)
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif
typedef float V __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
typedef int64_t Size;

static inline V splat(float x) { return x - V{}; }  // x - 0 is x whatever its sign, which compilers know
static inline V larger(V a, V b) { return a > b ? a : b; }
static inline V smaller(V a, V b) { return a < b ? a : b; }
static inline V load(const float* p) { return *(const V*)p; }
static inline void store(float* p, V v) { *(V*)p = v; }

// The first n lanes, where fewer than LANES are left; the others are 0.
static inline V load(const float* p, int n) {
  if (n == LANES) return load(p);
  V v{};
  memcpy(&v, p, n * sizeof(float));
  return v;
}
static inline void store(float* p, V v, int n) {
  if (n == LANES)
    store(p, v);
  else
    memcpy(p, &v, n * sizeof(float));
}

// What finishing.py calls `Finish`, with its extremes: y = x * gain + constant, then max(y, slope * y).
// `constant` and `slope` are [channel][pixel], or [channel] where their `wide` is 0; either may be null.
struct Finish {
  float gain;
  int32_t constant_wide, slope_wide;
  const float *constant, *slope;
  float *low, *high;  // [channel]; null where nobody asks for extremes
};

typedef decltype(V{} != V{}) Mask;

// The least and the largest values seen, lane by lane, 0 among them; and whether one was no number, which comparisons
// do not tell.
struct Range {
  V low{}, high{};
  Mask odd{};

  void see(V y) {
    low = smaller(low, y);
    high = larger(high, y);
    odd |= y != y;
  }
};

// The finishing pass of one channel: `at` chooses the pixel, then values go through it vector by vector.
struct Finisher {
  const Finish& f;
  Size channel, pixels;
  Range range;
  V gain, constant{}, slope = splat(1.0f);

  Finisher(const Finish& f, Size channel, Size pixels, Range range = {})
      : f(f), channel(channel), pixels(pixels), range(range), gain(splat(f.gain)) {}
  void at(Size pixel) {
    if (f.constant) constant = splat(f.constant[f.constant_wide ? channel * pixels + pixel : channel]);
    if (f.slope) slope = splat(f.slope[f.slope_wide ? channel * pixels + pixel : channel]);
  }
  // Lanes from n on hold no image.
  V operator()(V x, int n = LANES) {
    V y = x * gain + constant;
    y = larger(y, slope * y);
    for (int lane = n; lane < LANES; lane++) y[lane] = 0.0f;
    range.see(y);
    return y;
  }
};

// Adds what was seen to the extremes of a channel; both are no numbers once a value was none.
static inline void note(const Finish& f, Size channel, const Range& range) {
  if (!f.low) return;
  for (int lane = 0; lane < LANES; lane++) {
    if (range.odd[lane]) f.low[channel] = f.high[channel] = NAN;
    if (range.low[lane] < f.low[channel]) f.low[channel] = range.low[lane];
    if (range.high[lane] > f.high[channel]) f.high[channel] = range.high[lane];
  }
}
