// SPDX-License-Identifier: GPL-3.0-or-later
// The operators on float32 values [channel][pixel][image], C-contiguous; each call runs in the thread that makes it.
//
// Values of neighbouring images are neighbours in memory, so vectors hold images, and every operator does the same work
// for any pattern of pixels. Each result is written once, finished, and its extremes are noted on the way.

#include <vector>

#include "vectors.h"

namespace {

// Memory of the calling thread for intermediate values, aligned to cache lines; it grows and is kept.
float* scratch(Size floats) {
  static thread_local std::vector<float> memory;
  if ((Size)memory.size() < floats + 16) memory.resize(floats + 16);
  return (float*)(((uintptr_t)memory.data() + 63) & ~(uintptr_t)63);
}

// ---- sums of channels apart ------------------------------------------------------------------------------------------

// The sums of pixel p of channel c are those of factors k from starts[p] to starts[p + 1] times values of pixel rows[k].
struct ChannelSums {
  Size channels, pixels, source_pixels, images, factor_stride;
  const int32_t *starts, *rows, *taps;  // with taps, all pixels share a kernel: factor k is that of taps[k]
  const int64_t* numbers;               // of the channels, in the source and in `factors`; null for all of them
  const float *factors, *values;        // factors: [channel][factor_stride]
  float* out;
  int32_t add;  // to what `out` holds
};

template <int N>
inline void channel_sums(const ChannelSums& s, Finisher& finish, Size first, int last_lanes) {
  const Size number = s.numbers ? s.numbers[finish.channel] : finish.channel;
  const float* values = s.values + number * s.source_pixels * s.images + first;
  const float* factors = s.factors + number * s.factor_stride;
  float* out = s.out + finish.channel * s.pixels * s.images + first;
  for (Size p = 0; p < s.pixels; p++, out += s.images) {
    V sum[N];
    for (int i = 0; i < N; i++) sum[i] = s.add ? load(out + i * LANES, i == N - 1 ? last_lanes : LANES) : V{};
    for (int32_t k = s.starts[p]; k < s.starts[p + 1]; k++) {
      const V factor = splat(factors[s.taps ? s.taps[k] : k]);
      const float* x = values + s.rows[k] * s.images;
      for (int i = 0; i < N; i++) sum[i] += factor * load(x + i * LANES, i == N - 1 ? last_lanes : LANES);
    }
    finish.at(p);
    for (int i = 0; i < N; i++) {
      const int lanes = i == N - 1 ? last_lanes : LANES;
      store(out + i * LANES, finish(sum[i], lanes), lanes);
    }
  }
}

// ---- sums over all channels ------------------------------------------------------------------------------------------

constexpr int ROWS = LANES == 16 ? 8 : 4;  // channels and vectors of one tile, whose sums stay in registers
constexpr int WIDE = 2;
constexpr Size TILE = WIDE * LANES;  // images of one tile
constexpr Size CACHED = 32 * 1024;   // floats of packed values that are to stay in the cache

// One source: its values, and a matrix [row][channels * taps] for all pixels (pixel_stride 0) or one for each.
struct DenseTerm {
  const float *values, *matrix;
  const int32_t* map;  // [tap][pixel]: the pixel of the source, -1 on the padding; null where it is the same pixel
  Size channels, taps, source_pixels, pixel_stride;
};

struct DenseSums {
  Size channels, pixels, images, terms;
  const DenseTerm* term;
  const int64_t* rows;  // of the matrices, one for each channel
  float* out;
};

// Copies the values that a block of pixels reads: [pixel][tile][row of all matrices][TILE], 0 behind the last image.
void pack(const DenseSums& s, Size depth, Size first, Size count, float* packed) {
  const Size tiles = (s.images + TILE - 1) / TILE, whole = s.images / TILE;
  Size row = 0;
  for (Size t = 0; t < s.terms; t++) {
    const DenseTerm& term = s.term[t];
    for (Size k = 0; k < term.channels * term.taps; k++, row++) {
      const float* values = term.values + k / term.taps * term.source_pixels * s.images;
      const int32_t* map = term.map ? term.map + k % term.taps * s.pixels : nullptr;
      for (Size p = 0; p < count; p++) {
        const Size pixel = map ? map[first + p] : first + p;
        const float* x = values + pixel * s.images;
        float* to = packed + (p * tiles * depth + row) * TILE;
        for (Size tile = 0; tile < tiles; tile++, x += TILE, to += depth * TILE)
          if (pixel < 0)
            memset(to, 0, TILE * sizeof(float));
          else if (tile < whole)
            for (int v = 0; v < WIDE; v++) store(to + v * LANES, load(x + v * LANES));
          else
            for (Size i = 0; i < TILE; i++) to[i] = i < s.images - tile * TILE ? x[i] : 0.0f;
      }
    }
  }
}

// The sums of R channels from `channel` on, of one tile of images of one pixel, finished.
template <int R>
inline void tile_sums(const DenseSums& s, const Finish& f, Size channel, Size pixel, Size image, const float* packed,
                      Range* ranges) {
  V sum[R][WIDE] = {};
  for (Size t = 0; t < s.terms; t++) {
    const DenseTerm& term = s.term[t];
    const Size depth = term.channels * term.taps;
    const float* factors[R];
    for (int r = 0; r < R; r++)
      factors[r] = term.matrix + pixel * term.pixel_stride + s.rows[channel + r] * depth;
    if (term.pixel_stride)  // nothing but this says early enough which factors the next pixel needs
      for (int r = 0; r < R; r++)
        for (Size k = 0; k < depth; k += 16) __builtin_prefetch(factors[r] + term.pixel_stride + k);
    for (Size k = 0; k < depth; k++, packed += TILE)
      for (int r = 0; r < R; r++)
        for (int v = 0; v < WIDE; v++) sum[r][v] += splat(factors[r][k]) * load(packed + v * LANES);
  }
  for (int r = 0; r < R; r++) {
    Finisher finish(f, channel + r, s.pixels, ranges[channel + r]);
    finish.at(pixel);
    float* out = s.out + ((channel + r) * s.pixels + pixel) * s.images + image;
    for (int v = 0; v < WIDE; v++) {
      const Size left = s.images - image - v * LANES;
      if (left >= LANES)
        store(out + v * LANES, finish(sum[r][v]));
      else if (left > 0)
        store(out + v * LANES, finish(sum[r][v], (int)left), (int)left);
    }
    ranges[channel + r] = finish.range;
  }
}

void all_tile_sums(const DenseSums& s, const Finish& f, Size pixel, Size image, const float* packed, Range* ranges) {
  Size c = 0;
  for (; c + ROWS <= s.channels; c += ROWS) tile_sums<ROWS>(s, f, c, pixel, image, packed, ranges);
  for (; c + 2 <= s.channels; c += 2) tile_sums<2>(s, f, c, pixel, image, packed, ranges);
  for (; c < s.channels; c++) tile_sums<1>(s, f, c, pixel, image, packed, ranges);
}

// ---- max pools -------------------------------------------------------------------------------------------------------

// One axis of a pool: `lines` places, of which place o of the result compares those at o * stride + offsets[...].
struct Axis {
  Size lines, results, stride, taps;
  const int64_t* offsets;
};

inline V compared(V best, V other, V leak) {
  const V apart = best - other;
  return larger(best, other) - leak * larger(apart, -apart);
}

// What is left of result `o` of an axis whose places are `step` floats apart.
inline V compared_along(const Axis& axis, Size o, const float* x, Size step, int n, V leak) {
  V best{};
  bool started = false;
  for (Size t = 0; t < axis.taps; t++) {
    const Size at = o * axis.stride + axis.offsets[t];
    if (at < 0 || at >= axis.lines) continue;
    const V other = load(x + at * step, n);
    best = started ? compared(best, other, leak) : other;
    started = true;
  }
  return best;
}

}  // namespace

#include "coupling.h"

extern "C" {

void sum_channels(const ChannelSums* s, const Finish* f) {
  for (Size c = 0; c < s->channels; c++) {
    Finisher finish(*f, c, s->pixels);
    Size i = 0;
    for (; i + 4 * LANES <= s->images; i += 4 * LANES) channel_sums<4>(*s, finish, i, LANES);
    for (; i + 2 * LANES <= s->images; i += 2 * LANES) channel_sums<2>(*s, finish, i, LANES);
    for (; i < s->images; i += LANES)
      channel_sums<1>(*s, finish, i, s->images - i < LANES ? (int)(s->images - i) : LANES);
    note(*f, c, finish.range);
  }
}

void sum_dense(const DenseSums* s, const Finish* f) {
  const Size tiles = (s->images + TILE - 1) / TILE;
  Size depth = 0;
  for (Size t = 0; t < s->terms; t++) depth += s->term[t].channels * s->term[t].taps;
  Size block = CACHED / (depth * tiles * TILE);
  block = block < 1 ? 1 : block > s->pixels ? s->pixels : block;
  const Size range_floats = s->channels * sizeof(Range) / sizeof(float);
  Range* ranges = (Range*)scratch(range_floats + block * tiles * depth * TILE);
  float* packed = (float*)ranges + range_floats;
  for (Size c = 0; c < s->channels; c++) ranges[c] = Range{};
  for (Size first = 0; first < s->pixels; first += block) {
    const Size count = s->pixels - first < block ? s->pixels - first : block;
    pack(*s, depth, first, count, packed);
    for (Size p = 0; p < count; p++)
      for (Size tile = 0; tile < tiles; tile++)
        all_tile_sums(*s, *f, first + p, tile * TILE, packed + (p * tiles + tile) * depth * TILE, ranges);
  }
  for (Size c = 0; c < s->channels; c++) note(*f, c, ranges[c]);
}

void finish_values(const float* x, float* out, Size channels, Size pixels, Size images, const Finish* f) {
  for (Size c = 0; c < channels; c++) {
    Finisher finish(*f, c, pixels);
    for (Size p = 0; p < pixels; p++, x += images, out += images) {
      finish.at(p);
      Size i = 0;
      for (; i + LANES <= images; i += LANES) store(out + i, finish(load(x + i)));
      if (const int n = images - i) store(out + i, finish(load(x + i, n), n), n);
    }
    note(*f, c, finish.range);
  }
}

void pool_values(const float* x, float* out, Size channels, Size images, const Axis* down, const Axis* across,
                 float leak, const Finish* f) {
  float* lines = scratch(down->lines * across->results * images);
  const V share = splat(leak);
  for (Size c = 0; c < channels; c++, x += down->lines * across->lines * images) {
    Finisher finish(*f, c, down->results * across->results);
    for (Size y = 0; y < down->lines; y++)
      for (Size o = 0; o < across->results; o++)
        for (Size i = 0; i < images; i += LANES) {
          const int n = images - i < LANES ? (int)(images - i) : LANES;
          const float* line = x + y * across->lines * images + i;
          store(lines + (y * across->results + o) * images + i, compared_along(*across, o, line, images, n, share), n);
        }
    for (Size o = 0; o < down->results; o++)
      for (Size q = 0; q < across->results; q++, out += images) {
        finish.at(o * across->results + q);
        for (Size i = 0; i < images; i += LANES) {
          const int n = images - i < LANES ? (int)(images - i) : LANES;
          const V best = compared_along(*down, o, lines + q * images + i, across->results * images, n, share);
          store(out + i, finish(best, n), n);
        }
      }
    note(*f, c, finish.range);
  }
}

}  // extern "C"
