/** Tag by which what belongs to an image is told from backups; its value is `image`. */
export const IMAGE_TAG = "made-for";
