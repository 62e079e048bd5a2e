import { FISH_PATH } from '../ui/fish.tsx';

interface Swimmer {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly group: number;
}

/** Small fish that together make a large one: a body like a lens, and a tail. */
function formation(): Swimmer[] {
  const swimmers: Swimmer[] = [];
  for (let row = -4; row <= 4; row += 1) {
    for (let column = -9; column <= 9; column += 1) {
      // Every second row half a step aside, like bricks, and a small lean so that it does not look drilled.
      const x = column * 30 + (row % 2 === 0 ? 0 : 15) + Math.sin(row * 2.1 + column) * 4;
      const y = row * 17 + Math.cos(column * 1.7 + row) * 3;
      const body = x > -150 && Math.abs(y) < 74 * Math.sqrt(Math.max(0, 1 - ((x - 40) / 185) ** 2));
      const tail =
        x <= -135 && x > -250 && Math.abs(y) < (-135 - x) * 0.62 + 12 && Math.abs(y) > (-190 - x) * 0.55;
      const eye = Math.hypot(x - 152, y + 16) < 14;
      if (!eye && (body || tail)) {
        swimmers.push({
          x,
          y,
          scale: 1.34 + 0.22 * Math.sin(column * 3.3 + row * 1.9),
          group: Math.abs(row + column) % 3,
        });
      }
    }
  }
  return swimmers;
}

const SWIMMERS = formation();

/** A picture of the idea; it says nothing that the words beside it do not. */
export function ShoalArt() {
  return (
    <svg className="shoal-art" viewBox="-260 -95 520 190" aria-hidden="true" focusable="false">
      {[0, 1, 2].map(group => (
        <g key={group} className={`swim swim-${group}`}>
          {SWIMMERS.filter(swimmer => swimmer.group === group).map(({ x, y, scale }) => (
            <path
              key={`${x} ${y}`}
              d={FISH_PATH}
              transform={`translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale.toFixed(2)})`}
            />
          ))}
        </g>
      ))}
    </svg>
  );
}
