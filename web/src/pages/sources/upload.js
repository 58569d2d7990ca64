// Sends a file, telling how many bytes have gone: fetch does not.

import { Problem, noteAnswer } from '../../api.js';


function problemOf(request) {
  try {
    return new Problem(request.status, JSON.parse(request.responseText));
  } catch {
    return new Problem(request.status);
  }
}


// Gives { done, abort }: done is a promise of the import, or fails with a
// Problem; null where it was aborted.
export function upload(file, onProgress) {
  const request = new XMLHttpRequest();
  const query = new URLSearchParams({ filename: file.name });

  const done = new Promise((resolve, reject) => {
    request.upload.onprogress = (event) => onProgress(event.loaded, file.size);
    request.onload = () => {
      noteAnswer(request.status);
      if (request.status === 202) {
        resolve(JSON.parse(request.responseText));
      } else {
        reject(problemOf(request));
      }
    };
    request.onerror = () => {
      noteAnswer(0);
      reject(new Problem(0));
    };
    request.onabort = () => resolve(null);
    request.open('POST', `/v1/imports?${query}`);
    request.setRequestHeader('Content-Type', 'text/csv');
    request.setRequestHeader('Idempotency-Key', crypto.randomUUID());
    request.send(file);
  });

  return { done, abort: () => request.abort() };
}
