// SPDX-License-Identifier: GPL-3.0-or-later
// Pointwise and depthwise convolutions and their gradients for one image [height][width][channels], with AVX2.

#pragma once

#include <immintrin.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <vector>

typedef __m256 v8;
template <int N>
using Int = std::integral_constant<int, N>;
static inline v8 L(const float* p) { return _mm256_loadu_ps(p); }
static inline void S(float* p, v8 a) { _mm256_storeu_ps(p, a); }
static inline v8 B(const float* p) { return _mm256_broadcast_ss(p); }
static inline v8 F(v8 a, v8 b, v8 c) { return _mm256_fmadd_ps(a, b, c); }

// Returns scratch memory number `number`, which is kept from call to call. The starts are staggered, so that different
// scratch arrays do not compete for the same cache lines.
static float* scratch(int number, size_t count) {
  static float* held[8];
  static size_t sizes[8];
  if (sizes[number] < count) {
    free(held[number]);
    held[number] = (float*)aligned_alloc(4096, ((count * 4 + 4095) / 4096 + 1) * 4096);
    sizes[number] = count;
  }
  return held[number] + number * 128;
}

// ---- pointwise: products of (pixels, channels) matrices

// out[ROWS][16] = a[ROWS][depth] b[depth][16]; rows of b and of out are `columns` floats apart.
template <int ROWS>
static inline void multiply_tile(const float* a, const float* b, int columns, int depth, float* out) {
  v8 sum[ROWS][2];
  _Pragma("GCC unroll 8") for (int i = 0; i < ROWS; i++) sum[i][0] = sum[i][1] = _mm256_setzero_ps();
  for (int k = 0; k < depth; k++) {
    v8 b0 = L(b + (size_t)k * columns), b1 = L(b + (size_t)k * columns + 8);
    _Pragma("GCC unroll 8") for (int i = 0; i < ROWS; i++) {
      v8 x = B(a + (size_t)i * depth + k);
      sum[i][0] = F(x, b0, sum[i][0]);
      sum[i][1] = F(x, b1, sum[i][1]);
    }
  }
  _Pragma("GCC unroll 8") for (int i = 0; i < ROWS; i++) {
    S(out + (size_t)i * columns, sum[i][0]);
    S(out + (size_t)i * columns + 8, sum[i][1]);
  }
}

// out[rows][columns] = a[rows][depth] b[depth][columns]
static void multiply(const float* a, int rows, int depth, const float* b, int columns, float* out) {
  int m = 0;
  auto tiles = [&](auto step) {
    constexpr int ROWS = decltype(step)::value;
    for (; m + ROWS <= rows; m += ROWS)
      for (int n = 0; n < columns; n += 16)
        multiply_tile<ROWS>(a + (size_t)m * depth, b + n, columns, depth, out + (size_t)m * columns + n);
  };
  tiles(Int<6>{});
  tiles(Int<2>{});
  tiles(Int<1>{});
}

template <int ROWS>
static inline void gradient_tile(const float* g, const float* x, int pixels, int outs, int ins, float* weight) {
  v8 sum[ROWS][2];
  _Pragma("GCC unroll 8") for (int i = 0; i < ROWS; i++) {
    sum[i][0] = L(weight + (size_t)i * ins);
    sum[i][1] = L(weight + (size_t)i * ins + 8);
  }
  for (int m = 0; m < pixels; m++, g += outs, x += ins) {
    v8 x0 = L(x), x1 = L(x + 8);
    _Pragma("GCC unroll 8") for (int i = 0; i < ROWS; i++) {
      v8 b = B(g + i);
      sum[i][0] = F(b, x0, sum[i][0]);
      sum[i][1] = F(b, x1, sum[i][1]);
    }
  }
  _Pragma("GCC unroll 8") for (int i = 0; i < ROWS; i++) {
    S(weight + (size_t)i * ins, sum[i][0]);
    S(weight + (size_t)i * ins + 8, sum[i][1]);
  }
}

// weight[outs][ins] += sum over pixels of g[pixel][outs] x[pixel][ins], in groups of pixels that fit the L1 cache
static void pointwise_gradient(const float* g, const float* x, int pixels, int outs, int ins, float* weight) {
  int most = 4096 / (outs + ins) > 16 ? 4096 / (outs + ins) : 16;
  for (int first = 0; first < pixels; first += most) {
    int count = pixels - first < most ? pixels - first : most;
    const float *gs = g + (size_t)first * outs, *xs = x + (size_t)first * ins;
    for (int k = 0; k < ins; k += 16) {
      int n = 0;
      auto tiles = [&](auto step) {
        constexpr int ROWS = decltype(step)::value;
        for (; n + ROWS <= outs; n += ROWS)
          gradient_tile<ROWS>(gs + n, xs + k, count, outs, ins, weight + (size_t)n * ins + k);
      };
      tiles(Int<6>{});
      tiles(Int<4>{});
      tiles(Int<2>{});
    }
  }
}

// ---- depthwise: K x K taps on padded images [height + 2 pad][width + 2 pad][C]; weights are [K][K][C]

template <int K, int C, int DILATION, int STRIDE, int PIXELS>
static inline void depthwise_tile(const float* in, size_t row, const float* weight, float* out) {
  v8 sum[PIXELS][2];
  _Pragma("GCC unroll 8") for (int i = 0; i < PIXELS; i++) sum[i][0] = sum[i][1] = _mm256_setzero_ps();
  for (int ky = 0; ky < K; ky++) {
    _Pragma("GCC unroll 5") for (int kx = 0; kx < K; kx++) {
      v8 w0 = L(weight + kx * C), w1 = L(weight + kx * C + 8);
      _Pragma("GCC unroll 8") for (int i = 0; i < PIXELS; i++) {
        sum[i][0] = F(L(in + (kx * DILATION + i * STRIDE) * C), w0, sum[i][0]);
        sum[i][1] = F(L(in + (kx * DILATION + i * STRIDE) * C + 8), w1, sum[i][1]);
      }
    }
    in += row;
    weight += K * C;
  }
  _Pragma("GCC unroll 8") for (int i = 0; i < PIXELS; i++) {
    S(out + i * C, sum[i][0]);
    S(out + i * C + 8, sum[i][1]);
  }
}

template <int K, int C, int DILATION, int STRIDE>
static void depthwise(const float* in, int in_width, const float* weight, int height, int width, float* out) {
  size_t row = (size_t)DILATION * in_width * C;
  for (int y = 0; y < height; y++)
    for (int c = 0; c < C; c += 16) {
      const float* i = in + (size_t)y * STRIDE * in_width * C + c;
      float* o = out + (size_t)y * width * C + c;
      int x = 0;
      auto tiles = [&](auto step) {
        constexpr int PIXELS = decltype(step)::value;
        for (; x + PIXELS <= width; x += PIXELS)
          depthwise_tile<K, C, DILATION, STRIDE, PIXELS>(i + x * STRIDE * C, row, weight + c, o + x * C);
      };
      tiles(Int<6>{});
      tiles(Int<4>{});
      tiles(Int<2>{});
      tiles(Int<1>{});
    }
}

// Adds the contribution of one row of pixels to the gradients of ROWS rows of taps.
template <int K, int C, int DILATION, int STRIDE, int ROWS>
static inline void depthwise_gradient_row(const float* in, size_t row, const float* g, int width, float* weight) {
  v8 sum[ROWS][K];
  _Pragma("GCC unroll 3") for (int r = 0; r < ROWS; r++) _Pragma("GCC unroll 5") for (int i = 0; i < K; i++) sum[r][i] =
      L(weight + (r * K + i) * C);
  for (int x = 0; x < width; x++, g += C, in += STRIDE * C) {
    v8 b = L(g);
    const float* q = in;
    _Pragma("GCC unroll 3") for (int r = 0; r < ROWS; r++) {
      _Pragma("GCC unroll 5") for (int i = 0; i < K; i++) sum[r][i] = F(b, L(q + i * DILATION * C), sum[r][i]);
      q += row;
    }
  }
  _Pragma("GCC unroll 3") for (int r = 0; r < ROWS; r++) _Pragma("GCC unroll 5") for (int i = 0; i < K; i++)
      S(weight + (r * K + i) * C, sum[r][i]);
}

template <int K, int C, int DILATION, int STRIDE>
static void depthwise_gradient(const float* in, int in_width, const float* g, int height, int width, float* weight) {
  size_t row = (size_t)DILATION * in_width * C;
  for (int y = 0; y < height; y++)
    for (int c = 0; c < C; c += 8) {
      const float *i = in + (size_t)y * STRIDE * in_width * C + c, *gs = g + (size_t)y * width * C + c;
      float* w = weight + c;
      if (K == 3) {
        depthwise_gradient_row<K, C, DILATION, STRIDE, 3>(i, row, gs, width, w);
      } else {
        depthwise_gradient_row<K, C, DILATION, STRIDE, 2>(i, row, gs, width, w);
        depthwise_gradient_row<K, C, DILATION, STRIDE, 2>(i + 2 * row, row, gs, width, w + 2 * K * C);
        depthwise_gradient_row<K, C, DILATION, STRIDE, 1>(i + 4 * row, row, gs, width, w + 4 * K * C);
      }
    }
}
