/** The hash by which Node's threads find kept transformations. */
import { createHash } from "node:crypto";

export const hashInNode = (text: string): string => createHash("sha1").update(text).digest("hex");
