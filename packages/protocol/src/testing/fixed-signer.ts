import { concatBytes, fromHex, type Bytes } from '../bytes.ts';
import type { CryptoKeyLike, WebCryptoLike } from '../crypto.ts';
import { signerOf, type Signer } from '../identity.ts';

/** The one method that only the vectors need: keys of the product are generated, never imported. */
interface ImportsPkcs8 {
  importKey(
    format: 'pkcs8',
    keyData: Bytes,
    algorithm: { name: string },
    extractable: boolean,
    usages: 'sign'[],
  ): Promise<CryptoKeyLike>;
}

/** RFC 8410 wrapping of an Ed25519 seed of 32 bytes. */
const PKCS8_HEAD = fromHex('302e020100300506032b657004220420');
/** RFC 8032, section 7.1, TEST 1. */
const SEED = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
const PUBLIC_KEY = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');

/** The signer with the key pair of RFC 8032's first test. Ed25519 is deterministic, so its signatures are vectors. */
export async function fixedSigner(webcrypto: WebCryptoLike & { subtle: ImportsPkcs8 }): Promise<Signer> {
  const pkcs8 = concatBytes(PKCS8_HEAD, SEED);
  const privateKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, false, ['sign']);
  return signerOf(webcrypto, { publicKey: PUBLIC_KEY, privateKey });
}
