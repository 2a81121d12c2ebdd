// SPDX-License-Identifier: GPL-3.0-or-later
// Negative values that change the other channels of their pixel: part of kernels.cpp, which includes this file.

namespace {

// x [channel][pixel][image] becomes y = x - gains min(y, 0), pixel by pixel, in some rounds.
struct Coupling {
  Size channels, pixels, images, rounds;
  const int32_t* kinds;  // [pixel]: which of the gains
  const float* gains;    // [kind][channel][channel]
  float* x;
};

// What the negative values of a tile take from R channels from `channel` on.
template <int R>
inline void coupled(const Coupling& s, const float* gains, const float* negative, const std::vector<int>& some,
                    Size channel, V (*sum)[WIDE]) {
  for (int r = 0; r < R; r++)
    for (int v = 0; v < WIDE; v++) sum[r][v] = V{};
  for (const int k : some)
    for (int r = 0; r < R; r++)
      for (int v = 0; v < WIDE; v++)
        sum[r][v] += splat(gains[(channel + r) * s.channels + k]) * load(negative + k * TILE + v * LANES);
}

// Leaves in `some` the channels with a negative value in a tile, and in `negative` what they have below 0.
void negatives(Size channels, const float* y, float* negative, std::vector<int>& some) {
  some.clear();
  for (Size c = 0; c < channels; c++) {
    V least{};
    for (int v = 0; v < WIDE; v++) {
      const V low = smaller(load(y + c * TILE + v * LANES), V{});
      store(negative + c * TILE + v * LANES, low);
      least = smaller(least, low);
    }
    float lowest = 0.0f;
    for (int lane = 0; lane < LANES; lane++) lowest = least[lane] < lowest ? least[lane] : lowest;
    if (lowest < 0.0f) some.push_back((int)c);
  }
}

// One tile of images of one pixel: `x` keeps the values before the first round, `y` those after the last.
void coupled_tile(const Coupling& s, const float* gains, const float* x, float* y, float* negative) {
  static thread_local std::vector<int> some;
  V sum[ROWS][WIDE];
  for (Size round = 0; round < s.rounds; round++) {
    negatives(s.channels, round ? y : x, negative, some);
    for (Size c = 0; c < s.channels;) {
      const int rows = s.channels - c >= ROWS ? ROWS : 1;
      if (rows == ROWS)
        coupled<ROWS>(s, gains, negative, some, c, sum);
      else
        coupled<1>(s, gains, negative, some, c, sum);
      for (int r = 0; r < rows; r++, c++)
        for (int v = 0; v < WIDE; v++) {
          const Size at = c * TILE + v * LANES;
          store(y + at, load(x + at) - sum[r][v]);
        }
    }
  }
}

}  // namespace

extern "C" void couple_values(const Coupling* s, const Finish* f) {
  const Size range_floats = s->channels * sizeof(Range) / sizeof(float), tile = s->channels * TILE;
  const Size tiles = (s->images + TILE - 1) / TILE;
  Size block = CACHED / (tile * tiles);
  block = block < 1 ? 1 : block > s->pixels ? s->pixels : block;
  Range* ranges = (Range*)scratch(range_floats + (2 * block * tiles + 1) * tile);
  float *negative = (float*)ranges + range_floats, *before = negative + tile, *after = before + block * tiles * tile;
  for (Size c = 0; c < s->channels; c++) ranges[c] = Range{};
  const auto lanes = [&](Size i) { return s->images - i < LANES ? (int)(s->images - i) : LANES; };
  for (Size first = 0; first < s->pixels; first += block) {
    const Size count = s->pixels - first < block ? s->pixels - first : block;
    for (Size c = 0; c < s->channels; c++) {  // [pixel][tile][channel][TILE]
      const float* x = s->x + (c * s->pixels + first) * s->images;
      for (Size p = 0; p < count; p++, x += s->images)
        for (Size i = 0; i < s->images; i += LANES)
          store(before + (p * tiles + i / TILE) * tile + c * TILE + i % TILE, load(x + i, lanes(i)));
    }
    for (Size at = 0; at < count * tiles; at++) {
      const float* gains = s->gains + s->kinds[first + at / tiles] * s->channels * s->channels;
      coupled_tile(*s, gains, before + at * tile, after + at * tile, negative);
    }
    for (Size c = 0; c < s->channels; c++) {
      float* x = s->x + (c * s->pixels + first) * s->images;
      Finisher finish(*f, c, s->pixels, ranges[c]);
      for (Size p = 0; p < count; p++, x += s->images) {
        finish.at(first + p);
        for (Size i = 0; i < s->images; i += LANES) {
          const V y = load(after + (p * tiles + i / TILE) * tile + c * TILE + i % TILE);
          store(x + i, finish(y, lanes(i)), lanes(i));
        }
      }
      ranges[c] = finish.range;
    }
  }
  for (Size c = 0; c < s->channels; c++) note(*f, c, ranges[c]);
}
