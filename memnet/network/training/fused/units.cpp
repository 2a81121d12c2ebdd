// SPDX-License-Identifier: GPL-3.0-or-later
// Convolution units, forward and backward, on float32 arrays [images][height][width][channels]; AVX2, one thread.
//
// A unit computes relu(x * scale + shift), a depthwise convolution, a pointwise convolution, and the batch-norm
// statistics of the result. A unit without depthwise convolution has no scale and shift either, but may have several
// inputs. Each image goes through all steps in turn, so that its values stay in the cache. Numbers of channels are
// multiples of 16; those of depthwise convolutions are 16, 32, 64 or 128.

#include "kernels.h"

struct Shape {
  int images, height, width, channels, kernel, stride, pad, dilation, out_height, out_width, outs, parts, rectify;
  int pixels() const { return out_height * out_width; }
  int ins() const { return channels * parts; }
  int padded_width() const { return width + 2 * pad; }
  size_t image() const { return (size_t)height * width * channels; }
  size_t padded() const { return (size_t)(height + 2 * pad) * padded_width() * channels; }
};

// Calls f with kernel, channels, dilation and stride as compile-time constants.
template <typename Function>
static void with_constants(const Shape& s, int stride, Function f) {
  auto by_stride = [&](auto k, auto c, auto d) { stride == 1 ? f(k, c, d, Int<1>{}) : f(k, c, d, Int<2>{}); };
  auto by_dilation = [&](auto k, auto c) { s.dilation == 1 ? by_stride(k, c, Int<1>{}) : by_stride(k, c, Int<2>{}); };
  auto by_channels = [&](auto k) {
    if (s.channels == 16) by_dilation(k, Int<16>{});
    if (s.channels == 32) by_dilation(k, Int<32>{});
    if (s.channels == 64) by_dilation(k, Int<64>{});
    if (s.channels == 128) by_dilation(k, Int<128>{});
  };
  s.kernel == 3 ? by_channels(Int<3>{}) : by_channels(Int<5>{});
}

static v8 floor_of(const Shape& s) { return s.rectify ? _mm256_setzero_ps() : _mm256_set1_ps(-INFINITY); }

// Writes max(x * scale + shift, floor) of one image into the inner pixels of a padded image.
static void pad_image(const Shape& s, const float* x, const float* scale, const float* shift, float* padded) {
  v8 low = floor_of(s);
  for (int y = 0; y < s.height; y++, x += s.width * s.channels) {
    float* o = padded + ((size_t)(y + s.pad) * s.padded_width() + s.pad) * s.channels;
    if (scale)
      for (int q = 0; q < s.width * s.channels; q += 8) {
        int c = q % s.channels;
        S(o + q, _mm256_max_ps(F(L(x + q), L(scale + c), L(shift + c)), low));
      }
    else
      for (int q = 0; q < s.width * s.channels; q += 8) S(o + q, _mm256_max_ps(L(x + q), low));
  }
}

// Concatenates the channels of all inputs for one image, rectified: out[pixels][parts * channels].
static void gather(const Shape& s, const float* const* x, int image, float* out) {
  v8 low = floor_of(s);
  for (int j = 0; j < s.parts; j++) {
    const float* i = x[j] + image * s.image();
    float* o = out + j * s.channels;
    for (int m = 0; m < s.pixels(); m++, i += s.channels, o += s.ins())
      for (int c = 0; c < s.channels; c += 8) S(o + c, _mm256_max_ps(L(i + c), low));
  }
}

// Sums a, and a * (b - centre), over the pixels of one image, and adds the sums to the totals of each channel.
static void add_sums(const float* a, const float* b, const float* centre, int pixels, int outs, double* plain,
                     double* product) {
  for (int n = 0; n < outs; n += 8) {
    v8 sum[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()}, times[2] = {sum[0], sum[0]};
    v8 origin = centre ? L(centre + n) : sum[0];
    for (int m = 0; m < pixels; m++) {
      v8 v = L(a + (size_t)m * outs + n);
      sum[m & 1] = _mm256_add_ps(sum[m & 1], v);
      times[m & 1] = F(v, _mm256_sub_ps(L(b + (size_t)m * outs + n), origin), times[m & 1]);
    }
    float total[8];
    S(total, _mm256_add_ps(sum[0], sum[1]));
    for (int i = 0; i < 8; i++) plain[n + i] += total[i];
    S(total, _mm256_add_ps(times[0], times[1]));
    for (int i = 0; i < 8; i++) product[n + i] += total[i];
  }
}

// Returns the gradient where the rectified value is above zero, and 0 elsewhere.
static inline v8 passed(v8 gradient, v8 value) {
  return _mm256_and_ps(gradient, _mm256_cmp_ps(value, _mm256_setzero_ps(), _CMP_GT_OQ));
}

extern "C" {

// Computes a unit up to its batch norm. In: x, `parts` arrays [images][height][width][channels]; scale and shift
// [channels] (null: none); depthwise_weight [k * k][channels] (null: none); pointwise [ins][outs]. Out: filtered
// [images][pixels][channels], the output of the depthwise convolution, which the backward pass needs; z
// [images][pixels][outs]; mean and variance of z [outs].
void unit_forward(const Shape* given, const float* const* x, const float* scale, const float* shift,
                  const float* depthwise_weight, const float* pointwise, float* filtered, float* z, float* mean,
                  float* variance) {
  const Shape& s = *given;
  const int pixels = s.pixels();
  std::vector<double> sum(s.outs, 0.0), square(s.outs, 0.0);
  float *padded = nullptr, *gathered = scratch(1, (size_t)pixels * s.ins());
  if (depthwise_weight) {
    padded = scratch(0, s.padded());
    memset(padded, 0, s.padded() * 4);
  }
  for (int image = 0; image < s.images; image++) {
    float* in = depthwise_weight ? filtered + (size_t)image * pixels * s.channels : gathered;
    if (depthwise_weight) {
      pad_image(s, x[0] + image * s.image(), scale, shift, padded);
      with_constants(s, s.stride, [&](auto k, auto c, auto d, auto step) {
        depthwise<k(), c(), d(), step()>(padded, s.padded_width(), depthwise_weight, s.out_height, s.out_width, in);
      });
    } else {
      gather(s, x, image, in);
    }
    float* out = z + (size_t)image * pixels * s.outs;
    multiply(in, pixels, s.ins(), pointwise, s.outs, out);
    add_sums(out, out, nullptr, pixels, s.outs, sum.data(), square.data());
  }
  const double count = (double)s.images * pixels;
  for (int n = 0; n < s.outs; n++) {
    double average = sum[n] / count, spread = square[n] / count - average * average;
    mean[n] = average;
    variance[n] = spread > 0 ? spread : 0;
  }
}

// y[pixels][outs] = z * scale + shift
void affine(const float* z, long pixels, int outs, const float* scale, const float* shift, float* y) {
  for (long m = 0; m < pixels; m++)
    for (int n = 0; n < outs; n += 8) S(y + m * outs + n, F(L(z + m * outs + n), L(scale + n), L(shift + n)));
}

// Computes gradients from gy, that of the batch norm's output [images][pixels][outs]: gx of the inputs (null: not
// computed), g_depthwise, g_pointwise, g_gamma and g_beta. `flipped` is the depthwise weight rotated by 180 degrees;
// pointwise is [outs][ins]; istd is 1 / sqrt(variance of z + eps).
void unit_backward(const Shape* given, const float* const* x, const float* scale, const float* shift,
                   const float* flipped, const float* pointwise, const float* filtered, const float* z, const float* gy,
                   const float* mean, const float* istd, const float* gamma, float* const* gx, float* g_depthwise,
                   float* g_pointwise, float* g_gamma, float* g_beta) {
  const Shape& s = *given;
  const int pixels = s.pixels(), ins = s.ins(), outs = s.outs;
  const double count = (double)s.images * pixels;
  std::vector<double> sum(outs, 0.0), product(outs, 0.0);
  for (size_t image = 0; image < (size_t)s.images; image++)
    add_sums(gy + image * pixels * outs, z + image * pixels * outs, mean, pixels, outs, sum.data(), product.data());
  // gz = gamma istd (gy - mean(gy) - zhat mean(gy zhat)) = by_gy gy + by_z z + fixed
  std::vector<float> by_gy(outs), by_z(outs), fixed(outs);
  for (int n = 0; n < outs; n++) {
    double i = istd[n], slope = product[n] * i / count * i;
    g_gamma[n] = product[n] * i;
    g_beta[n] = sum[n];
    by_gy[n] = gamma[n] * i;
    by_z[n] = -gamma[n] * i * slope;
    fixed[n] = gamma[n] * i * (slope * mean[n] - sum[n] / count);
  }
  memset(g_pointwise, 0, (size_t)outs * ins * 4);
  float *padded = nullptr, *spread = nullptr;
  if (flipped) {
    memset(g_depthwise, 0, (size_t)s.kernel * s.kernel * s.channels * 4);
    padded = scratch(0, s.padded());
    spread = scratch(4, s.padded());
    memset(padded, 0, s.padded() * 4);
    memset(spread, 0, s.padded() * 4);
  }
  float *gz = scratch(2, (size_t)pixels * outs), *g_in = scratch(3, (size_t)pixels * ins);
  float* gathered = scratch(1, (size_t)pixels * ins);
  for (int image = 0; image < s.images; image++) {
    const float *g = gy + (size_t)image * pixels * outs, *zs = z + (size_t)image * pixels * outs;
    for (int m = 0; m < pixels; m++)
      for (int n = 0; n < outs; n += 8) {
        size_t at = (size_t)m * outs + n;
        S(gz + at, F(L(g + at), L(&by_gy[n]), F(L(zs + at), L(&by_z[n]), L(&fixed[n]))));
      }
    const float* in = flipped ? filtered + (size_t)image * pixels * ins : gathered;
    if (!flipped) gather(s, x, image, gathered);
    pointwise_gradient(gz, in, pixels, outs, ins, g_pointwise);
    if (!flipped && !gx) continue;
    multiply(gz, pixels, outs, pointwise, ins, g_in);
    if (!flipped) {
      for (int j = 0; j < s.parts; j++)
        for (int m = 0; m < pixels; m++)
          for (int c = 0; c < s.channels; c += 8) {
            size_t at = (size_t)m * ins + j * s.channels + c;
            v8 v = s.rectify ? passed(L(g_in + at), L(gathered + at)) : L(g_in + at);
            S(gx[j] + image * s.image() + (size_t)m * s.channels + c, v);
          }
      continue;
    }
    pad_image(s, x[0] + image * s.image(), scale, shift, padded);
    with_constants(s, s.stride, [&](auto k, auto c, auto d, auto step) {
      depthwise_gradient<k(), c(), d(), step()>(padded, s.padded_width(), g_in, s.out_height, s.out_width, g_depthwise);
    });
    if (!gx) continue;
    for (int y = 0; y < s.out_height; y++)  // at stride 2, zeros are left between the pixels
      for (int q = 0; q < s.out_width; q++)
        memcpy(spread + ((size_t)(y * s.stride + s.pad) * s.padded_width() + q * s.stride + s.pad) * s.channels,
               g_in + ((size_t)y * s.out_width + q) * s.channels, s.channels * 4);
    float* out = gx[0] + image * s.image();
    with_constants(s, 1, [&](auto k, auto c, auto d, auto step) {
      depthwise<k(), c(), d(), step()>(spread, s.padded_width(), flipped, s.height, s.width, out);
    });
    if (s.rectify)
      for (int y = 0; y < s.height; y++)
        for (int q = 0; q < s.width * s.channels; q += 8) {
          float* o = out + (size_t)y * s.width * s.channels + q;
          S(o, passed(L(o), L(padded + ((size_t)(y + s.pad) * s.padded_width() + s.pad) * s.channels + q)));
        }
  }
}

}  // extern "C"
