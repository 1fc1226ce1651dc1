package site

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// painter gives the colour of a point; x and y run from 0 to 1, y downwards,
// and aspect is width over height.
type painter func(x, y, aspect float64) rgb

type rgb struct{ r, g, b float64 }

// mix goes from a (t = 0) to b (t = 1).
func mix(a, b rgb, t float64) rgb {
	t = max(0, min(1, t))
	return rgb{a.r + (b.r-a.r)*t, a.g + (b.g-a.g)*t, a.b + (b.b-a.b)*t}
}

var (
	navy  = rgb{0, 51, 102}
	gold  = rgb{204, 170, 68}
	white = rgb{252, 252, 248}
	red   = rgb{176, 48, 40}
)

// drawPNG paints a picture with 4 by 4 samples a pixel.
func drawPNG(width, height int, paint painter) []byte {
	const n = 4
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	aspect := float64(width) / float64(height)
	for py := range height {
		for px := range width {
			var sum rgb
			for i := range n * n {
				x := (float64(px) + (float64(i%n)+0.5)/n) / float64(width)
				y := (float64(py) + (float64(i/n)+0.5)/n) / float64(height)
				c := paint(x, y, aspect)
				sum.r, sum.g, sum.b = sum.r+c.r, sum.g+c.g, sum.b+c.b
			}
			img.SetNRGBA(px, py, color.NRGBA{uint8(sum.r / (n * n)), uint8(sum.g / (n * n)), uint8(sum.b / (n * n)), 255})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic("site: " + err.Error())
	}
	return out.Bytes()
}

// lighthouse is the bank's mark: a tower with two beams over the water.
func lighthouse(x, y, _ float64) rgb {
	switch tower := 0.10 + 0.10*(y-0.3); {
	case y > 0.82+0.02*math.Sin(x*25):
		return mix(navy, white, 0.25)
	case y > 0.34 && math.Abs(x-0.5) < tower:
		if int((y-0.34)/0.12)%2 == 0 {
			return white
		}
		return red
	case y > 0.22 && math.Abs(x-0.5) < 0.08:
		return gold
	case y > 0.13 && y <= 0.22 && math.Abs(x-0.5) < 0.10*(y-0.13)/0.09:
		return red
	case math.Abs(y-0.28) < 0.30*(math.Abs(x-0.5)-0.08) && y < 0.45:
		return mix(gold, navy, math.Abs(x-0.5)*2.2)
	}
	return navy
}

// harbour is the picture on the home page: hills, water, the low sun, a sail
// and the lighthouse on its mole.
func harbour(x, y, aspect float64) rgb {
	const horizon = 0.62
	u := x * aspect // as long a unit as y's
	if c, ok := boat(u, y); ok {
		return c
	}
	if c, ok := mole(u, y, aspect); ok {
		return c
	}
	if y > horizon {
		glitter := math.Exp(-3*math.Abs(u-1.0)) * (0.5 + 0.5*math.Sin(y*160+math.Sin(x*50)))
		return mix(mix(rgb{92, 138, 168}, rgb{18, 58, 98}, (y-horizon)/0.38), rgb{255, 214, 140}, 0.55*glitter)
	}
	if y > horizon-0.10-0.07*math.Sin(x*7+1)-0.02*math.Sin(x*23) {
		return mix(rgb{72, 112, 96}, rgb{46, 84, 84}, (y-0.4)/0.2)
	}
	if y > horizon-0.22-0.10*math.Sin(x*4.2+2.6) {
		return rgb{122, 152, 164}
	}
	sun := math.Hypot(u-1.0, y-0.34)
	if sun < 0.075 {
		return rgb{255, 244, 205}
	}
	sky := mix(rgb{112, 162, 206}, rgb{250, 222, 176}, y/horizon)
	return mix(rgb{255, 236, 190}, sky, sun*2.4)
}

func boat(u, y float64) (rgb, bool) {
	const at = 1.75
	switch {
	case y > 0.70 && y < 0.75 && math.Abs(u-at) < 0.14-(y-0.70):
		return red, true
	case y > 0.36 && y < 0.69 && u > at && u-at < (y-0.36)*0.36:
		return white, true
	case y > 0.42 && y < 0.69 && u < at-0.012 && at-u < (y-0.42)*0.36:
		return mix(white, gold, 0.25), true
	}
	return rgb{}, false
}

func mole(u, y, aspect float64) (rgb, bool) {
	at := aspect - 0.45
	if y > 0.70 && y < 0.80 && u > at-0.18-(y-0.7) {
		return rgb{98, 92, 86}, true
	}
	// The mark without its beams and water: only what lies inside the tower.
	x, ty := (u-at)/0.62+0.5, (y-0.16)/0.66
	c := lighthouse(x, ty, 1)
	inside := ty > 0.13 && ty < 0.80 && math.Abs(x-0.5) < max(0.10, 0.10+0.10*(ty-0.3))
	return c, inside && (c == gold || c == red || c == white)
}
