import { useMemo } from 'react';
import { encode } from 'uqr';
import { qrPath } from './qr-path.ts';

/** A QR code, dark on white in every theme: scanners want it so. */
export function QrCode({ text }: { readonly text: string }) {
  const { size, path } = useMemo(() => {
    const code = encode(text, { ecc: 'M', border: 3 });
    return { size: code.size, path: qrPath(code.data) };
  }, [text]);
  return (
    <svg className="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code of the room link">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#06222c" shapeRendering="crispEdges" />
    </svg>
  );
}
