// Sends a file, telling how many bytes have gone, which fetch does not.

import { Problem, address, noteAnswer, noteChange } from '../../api.js';


function problemOf(request) {
  try {
    return new Problem(request.status, JSON.parse(request.responseText));
  } catch {
    return new Problem(request.status);
  }
}


// { file, kind, encoding, key } of a sending.  Gives { done, abort }: done is a
// promise of the import, of null where it was aborted, or fails with a Problem.
export function post({ file, kind, encoding, key }, onProgress) {
  const request = new XMLHttpRequest();

  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status === 202) {
        noteAnswer(request.status);
        noteChange();
        resolve(JSON.parse(request.responseText));
      } else {
        const problem = problemOf(request);

        noteAnswer(problem.status, problem.slug);
        reject(problem);
      }
    };
    request.onerror = () => {
      noteAnswer(0);
      reject(new Problem(0));
    };
    request.onabort = () => resolve(null);
    request.open('POST', address('/v1/imports', {
      kind: kind === 'contacts' ? '' : kind, filename: file.name, encoding,
    }));
    request.setRequestHeader('Content-Type', 'text/csv');
    request.setRequestHeader('Idempotency-Key', key);
    request.send(file);
  });

  return { done, abort: () => request.abort() };
}
